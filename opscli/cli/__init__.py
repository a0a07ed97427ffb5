"""The command line: parse, call, report. Nothing here decides; nothing below here prints."""
