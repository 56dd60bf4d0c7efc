#pragma once
// The context of a metrics file, as it is read. Internal: simdjson's types appear here and nowhere above.

#include <simdjson.h>

#include <functional>
#include <string_view>

#include "inferometer/status.h"
#include "store/context.h"

namespace inferometer::analyze {

// A file of others may hold anything under this key: what is beyond these is passed over.
inline constexpr std::size_t kMostContextEntries = 64;
inline constexpr std::size_t kLongestContextText = 1024;

// Called with the key of an entry that is not kept.
using PassedOver = std::function<void(std::string_view key)>;

// Fills `context` with the entries of the object that are text, a number, true or false; others but null are passed
// over, and whole numbers of 2^63 and more. Fails only where the JSON does.
[[nodiscard]] Status ReadContext(std::string_view text, simdjson::ondemand::document& document,
                                 simdjson::ondemand::object object, store::Context& context,
                                 const PassedOver& passed_over = nullptr);

// Of a text that is one object. kInvalidArgument where it is none.
[[nodiscard]] Result<store::Context> ParseContext(std::string_view text);

}  // namespace inferometer::analyze
