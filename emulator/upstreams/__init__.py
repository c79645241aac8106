"""Services from which Items, products and statistics come: one package each, none knows another."""
