"""What a condominium is: its extensions, its settings, its directory."""
