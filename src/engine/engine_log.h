#pragma once
// llama.cpp tells causes only through its log, which is one for the whole program.

#include <string>

namespace inferometer::engine {

// From now on the engine prints nothing; the newest warnings and errors are kept, at most a few kilobytes. Must come
// before the engine's first use. Safe from any thread, any number of times.
void CaptureEngineLog();

// The warnings and errors since the last call, one a line, and forgets them. Safe from any thread.
[[nodiscard]] std::string TakeEngineLog();

}  // namespace inferometer::engine
