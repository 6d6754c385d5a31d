"""How days and figures are written, by language, where Django's own way is not ours."""
