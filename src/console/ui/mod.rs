//! Drawing: pure functions of the model. Nothing here decides, waits or remembers.
