#pragma once
// Numbers for people: "1,428.5". The sign is a true minus, and what is not there is said in words by the caller.

#include <chrono>
#include <cstddef>
#include <string>

namespace inferometer::report::html {

// `decimals` digits behind the point, thousands apart. Of 1e15 and more the power of ten is written.
[[nodiscard]] std::string Fixed(double value, int decimals);
// With about three digits that mean something, for sentences and labels: 1,428 and 72.9 and 0.0312.
[[nodiscard]] std::string Figure(double value);
// "1 inference", "2,000 inferences".
[[nodiscard]] std::string Counted(std::size_t count, const char* one, const char* many);
// "n = 198", in one piece.
[[nodiscard]] std::string CountOf(std::size_t count);
// The two largest units that fit: "6 d 4 h", "12 min", "3.5 s".
[[nodiscard]] std::string Lasting(std::chrono::microseconds time);

}  // namespace inferometer::report::html
