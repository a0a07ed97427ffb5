"""Ways to reach people and services; the file name is the `type:` in `configs/channels/`."""
