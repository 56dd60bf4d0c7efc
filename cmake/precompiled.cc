// Nothing but the precompiled headers: CMake builds them only with a target that has a file.
