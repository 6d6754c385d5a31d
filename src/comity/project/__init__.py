"""Where the house is put together: settings, URLs, wiring."""
