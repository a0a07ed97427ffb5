"""Reports: metrics and stored results become one page model, rendered to files and the terminal."""
