#include "lake/sql_columns.h"

#include <algorithm>
#include <array>
#include <set>

#include "lake/columns.h"
#include "lake/sql_tree.h"

namespace inferometer::lake {
namespace {

namespace dom = simdjson::dom;

// What the view `devices` reads.
constexpr std::array<std::string_view, 11> kOfDevices = {
    "device_id",   "device_name",     "status", "timestamp",  "host",           "cpu_model",
    "cpus_online", "memory_total_mb", "kernel", "power_mode", "program_version"};
// Expressions that read what they name. Of the others, "*" and a column's number read what they do not.
constexpr std::array<std::string_view, 12> kNaming = {"COLUMN_REF", "COMPARISON",  "FUNCTION", "CONSTANT",
                                                      "CAST",       "CONJUNCTION", "BETWEEN",  "OPERATOR",
                                                      "CASE",       "SUBQUERY",    "WINDOW",   "LAMBDA"};

// ORDER BY ALL, by what is selected, which reads nothing more; in the tree it stands as a "*". With others it is none.
bool IsByAll(dom::element modifier) {
  dom::array orders;
  dom::object expression;
  if (modifier["orders"].get(orders) || orders.size() != 1) return false;
  if (orders.at(0)["expression"].get(expression) || TextAt(expression, "class") != "STAR") return false;
  const auto is_empty = [&](const char* list) {
    dom::array items;
    return !expression[list].get(items) && items.size() == 0;
  };
  return expression["expr"].is_null() && is_empty("exclude_list") && is_empty("replace_list");
}

// Every text of the tree, and whether a column may be read that none of them names.
class NamesInTree {
 public:
  void Take(dom::element element) {
    if (std::string_view text; !element.get(text)) names_.insert(LowerCase(text));
    if (dom::object object; !element.get(object)) TakeObject(object);
  }
  [[nodiscard]] bool reads_unnamed() const {
    const auto is_source = [&](const std::string& name) { return sources_.contains(name); };
    return unnaming_ > by_all_ || reads_unnamed_ || std::any_of(read_.begin(), read_.end(), is_source);
  }
  [[nodiscard]] bool Has(std::string_view name) const { return names_.contains(LowerCase(name)); }

 private:
  void TakeObject(const dom::object& object) {
    const std::string expression = TextAt(object, "class");
    const std::string type = TextAt(object, "type");
    if (!expression.empty() && std::find(kNaming.begin(), kNaming.end(), expression) == kNaming.end()) ++unnaming_;
    // Of a SELECT; that of an aggregate goes by all columns of its table.
    if (dom::array modifiers; !object["modifiers"].get(modifiers)) {
      for (const dom::element modifier : modifiers) by_all_ += static_cast<std::size_t>(IsByAll(modifier));
    }
    // NATURAL joins by all columns, PIVOT groups by all others, and a table's columns can be given other names.
    if (TextAt(object, "ref_type") == "NATURAL" || type == "PIVOT") reads_unnamed_ = true;
    if (dom::array names; !object["column_name_alias"].get(names) && names.size() > 0) reads_unnamed_ = true;
    if (type == "BASE_TABLE") {
      sources_.insert(LowerCase(TextAt(object, "table_name")));
      sources_.insert(LowerCase(TextAt(object, "alias")));
    }
    if (expression == "COLUMN_REF") TakeColumn(object);
  }

  // The last part: a table's name there is a whole row of it.
  void TakeColumn(const dom::object& object) {
    dom::array parts;
    if (object["column_names"].get(parts)) return;
    std::string_view last;
    for (const dom::element part : parts) {
      if (part.get(last)) return;
    }
    read_.insert(LowerCase(last));
  }

  std::set<std::string, std::less<>> names_;
  std::set<std::string> sources_;
  std::set<std::string> read_;
  std::size_t unnaming_ = 0;  // expressions, those of ORDER BY ALL among them
  std::size_t by_all_ = 0;
  bool reads_unnamed_ = false;
};

}  // namespace

Result<std::vector<std::size_t>> ColumnsReadBy(Database& database, const std::string& sql) {
  ASSIGN_OR_RETURN(const std::string json, TreeOf(database, sql));
  dom::parser parser;
  dom::element root;
  bool failed = true;
  if (parser.parse(json).get(root) || root["error"].get(failed) || failed) return AllPlaces();
  NamesInTree names;
  RETURN_IF_ERROR(WalkTree(root, [&](dom::element element) {
    names.Take(element);
    return Ok();
  }));
  if (names.reads_unnamed()) return AllPlaces();
  const bool has_devices = names.Has("devices");
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < Columns().size(); ++i) {
    const std::string& name = Columns()[i].name;
    const bool is_of_devices = std::find(kOfDevices.begin(), kOfDevices.end(), name) != kOfDevices.end();
    if (names.Has(name) || (has_devices && is_of_devices)) places.push_back(i);
  }
  return places;
}

}  // namespace inferometer::lake
