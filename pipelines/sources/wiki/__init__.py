"""Wikipedia: pages of an export, and their wikitext as plain text."""
