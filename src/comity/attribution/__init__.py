"""Attribution: what partners did for a deal, and how its amount is shared out among them."""
