#include "store/context.h"

#include "record/json_write.h"

namespace inferometer::store {
namespace {

constexpr int kDecimals = 3;

}  // namespace

void AppendJson(const Context& context, std::string& out) {
  record::JsonObject object(out);
  for (const auto& [key, value] : context) {
    if (const auto* text = std::get_if<std::string>(&value)) object.Text(key, *text);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) object.Integer(key, *integer);
    if (const auto* real = std::get_if<double>(&value)) object.Real(key, *real, kDecimals);
    if (const auto* boolean = std::get_if<bool>(&value)) object.Boolean(key, *boolean);
  }
  object.Close();
}

}  // namespace inferometer::store
