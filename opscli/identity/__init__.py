"""Who is who: records of every source become customers with stable ids and one golden record each."""
