"""What several stages compute with; no word of any programme is known here."""
