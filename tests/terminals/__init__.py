"""Real terminals in which tchat runs, and what they say that they show."""
