#include "trial/bench_prompts.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <set>
#include <utility>

namespace inferometer::trial {
namespace {

constexpr std::string_view kBlank = " \t\r\n\f\v";

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

Status AtLine(std::size_t line, std::string_view what) {
  return {Code::kInvalidArgument, fmt::format("line {}: {}", line, what)};
}

// Line by line, with its number from 1.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  bool Next() {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    return true;
  }
  [[nodiscard]] std::string_view line() const { return line_; }
  [[nodiscard]] std::size_t number() const { return number_; }

 private:
  std::string_view rest_;
  std::string_view line_;
  std::size_t number_ = 0;
};

class Reader {
 public:
  Result<std::vector<BenchPrompt>> Read(std::string_view text) {
    const std::string_view all = Trimmed(text);
    if (all.empty()) return {Code::kInvalidArgument, "holds no prompt"};
    RETURN_IF_ERROR(all.front() == '{' ? ReadJsonLines(text) : ReadText(text));
    return std::move(prompts_);
  }

 private:
  Status ReadJsonLines(std::string_view text) {
    for (Lines lines(text); lines.Next();) {
      const std::string_view line = Trimmed(lines.line());
      if (!line.empty()) RETURN_IF_ERROR(TakeJson(line, lines.number()));
    }
    return Ok();
  }

  Status TakeJson(std::string_view line, std::size_t number) {
    simdjson::dom::element element;
    if (const auto error = parser_.parse(line.data(), line.size()).get(element)) {
      return AtLine(number, simdjson::error_message(error));
    }
    std::string_view prompt;
    if (element["prompt"].get(prompt) != simdjson::SUCCESS) {
      return AtLine(number, "no text under \"prompt\": {\"prompt\": \"...\", \"id\": \"...\"}");
    }
    std::string_view id;
    const auto error = element["id"].get(id);
    if (error != simdjson::SUCCESS && error != simdjson::NO_SUCH_FIELD) return AtLine(number, "\"id\" is no text");
    return Add(std::string(id), Trimmed(prompt), number);
  }

  Status ReadText(std::string_view text) {
    const bool has_paragraphs = HasBlankLineWithin(Trimmed(text));
    std::string paragraph;
    std::size_t begin = 0;
    for (Lines lines(text); lines.Next();) {
      const bool is_blank = Trimmed(lines.line()).empty();
      if (!is_blank && paragraph.empty()) begin = lines.number();
      if (!is_blank) paragraph.append(lines.line()).push_back('\n');
      if ((is_blank || !has_paragraphs) && !paragraph.empty()) RETURN_IF_ERROR(TakeParagraph(paragraph, begin));
    }
    return paragraph.empty() ? Ok() : TakeParagraph(paragraph, begin);
  }

  static bool HasBlankLineWithin(std::string_view text) {
    for (Lines lines(text); lines.Next();) {
      if (Trimmed(lines.line()).empty()) return true;
    }
    return false;
  }

  Status TakeParagraph(std::string& paragraph, std::size_t number) {
    const std::string whole = std::exchange(paragraph, {});
    return Add("", Trimmed(whole), number);
  }

  Status Add(std::string id, std::string_view text, std::size_t number) {
    if (prompts_.size() >= kMostPrompts) return AtLine(number, fmt::format("more than {} prompts", kMostPrompts));
    if (text.empty()) return AtLine(number, "an empty prompt");
    if (id.size() > kLongestPromptId)
      return AtLine(number, fmt::format("an id of more than {} bytes", kLongestPromptId));
    if (!simdjson::validate_utf8(text.data(), text.size())) return AtLine(number, "not UTF-8");
    if (id.empty()) id = fmt::format("prompt-{}", prompts_.size() + 1);
    if (!ids_.insert(id).second) return AtLine(number, "the id \"" + id + "\" stands twice");
    prompts_.push_back({std::move(id), std::string(text)});
    return Ok();
  }

  simdjson::dom::parser parser_;
  std::set<std::string> ids_;
  std::vector<BenchPrompt> prompts_;
};

}  // namespace

Result<std::vector<BenchPrompt>> ParsePrompts(std::string_view text) { return Reader().Read(text); }

}  // namespace inferometer::trial
