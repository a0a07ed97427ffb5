"""How a web service is asked: guarded connections, credentials, pages, answers. Used by source type `http`."""
