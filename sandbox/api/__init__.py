"""The doors: HTTP in, one call to the world, an answer out. No rule and no SQL of the world lives here."""
