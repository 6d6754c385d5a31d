"""What happened between the vendor and a partner, and what comes next: contacts, tasks, next steps, files."""
