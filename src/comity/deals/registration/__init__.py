"""Deal registration: a partner's claim on a customer, the rules of engagement, and the verdict that proves itself."""
