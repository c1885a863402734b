"""Seller Central itself: rules, facts and tables. No web, no simulator, no chance, no clock of its own."""
