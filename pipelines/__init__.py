"""The data half of Malmoi: raw text in, Arrow out."""
