"""The forecast: the present lived on many times, each time by luck that tells nothing of what will really happen."""
