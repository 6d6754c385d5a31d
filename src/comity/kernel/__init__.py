"""The kernel: values and small rules in pure Python, below every domain. It knows no Django."""
