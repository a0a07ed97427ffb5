"""File formats: the file name's ending chooses the module; each turns one file into a relation of source rows."""
