// Prints docs/fields.md.
#include <cstdio>

#include "record/fields.h"

int main() {
  const std::string text = inferometer::record::FieldsAsMarkdown();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
