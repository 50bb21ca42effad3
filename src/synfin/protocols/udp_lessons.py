"""What to teach about UDP."""
LESSONS = {}
