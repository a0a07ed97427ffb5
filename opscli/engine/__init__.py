"""The warehouse: open by URL, run SQL, stage and merge. Everything that touches it goes through here."""
