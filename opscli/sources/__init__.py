"""Sources: files of other systems become checked, versioned entity rows; what cannot be used is listed, never lost."""
