"""The pages: workspace for the vendor, portal for the partner, and what both are made of."""
