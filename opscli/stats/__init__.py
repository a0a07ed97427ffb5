"""Statistics on plain numbers: intervals, ranks, margins. Nothing here knows a table or a customer."""
