"""The control API: `/sandbox`, for whoever makes worlds and moves their time."""
