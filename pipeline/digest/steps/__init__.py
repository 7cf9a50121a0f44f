"""One fitting step at a time: what an application, or the whole search, is like, and what to do about it."""
