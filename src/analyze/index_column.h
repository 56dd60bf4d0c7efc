#pragma once
// A column of numbers as the index of a metrics directory keeps it: in as few bytes as change none of its bits.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "analyze/index_bytes.h"

namespace inferometer::analyze {

// Numbers that lie close to each other take one, two or four bytes each, those that are all the same none; others
// eight.
void AppendWholeColumn(std::span<const std::int64_t> values, std::string& out);
// So do numbers of few decimals, which is what most are printed with; others are kept as they lie in memory.
void AppendRealColumn(std::span<const double> values, std::string& out);

// As many as `values` holds, to the last bit. Fails, with anything in `values`, for bytes that are no such column.
void ReadWholeColumn(IndexReader& in, std::span<std::int64_t> values);
void ReadRealColumn(IndexReader& in, std::span<double> values);

}  // namespace inferometer::analyze
