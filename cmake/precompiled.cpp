// Empty: the target of a precompiled header needs a source (cmake/precompiled.cmake).
