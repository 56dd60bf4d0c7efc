#pragma once
// Rows in PostgreSQL's binary COPY format ("COPY", File Formats, Binary Format, in PostgreSQL's documentation).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/record.h"

namespace inferometer::exchange {

// Puts rows together: for each a BeginRow, then as many cells. `out` must outlive it.
class BinaryCopy {
 public:
  explicit BinaryCopy(std::string& out) : out_(out) {}

  void BeginFile();
  void BeginRow(std::size_t columns);
  void EndFile();

  // Cells, as PutRecordRow and its sisters (exchange/database_row.h) want them.
  void Null();
  void Text(std::string_view text);                     // text
  void Real(double value);                              // double precision
  void Integer(std::int64_t value);                     // bigint
  void Boolean(bool value);                             // boolean
  void Time(WallTime time);                             // timestamp with time zone
  void TextList(const std::vector<std::string>& list);  // text[]
  void Json(std::string_view json);                     // jsonb

 private:
  void BigEndian(std::int64_t value, std::size_t bytes);
  void Length(std::size_t bytes);
  void Sized(std::string_view bytes);
  std::string& out_;
};

}  // namespace inferometer::exchange
