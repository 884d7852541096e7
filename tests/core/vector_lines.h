// The golden vectors of tests/vectors/vectors.txt, and hexadecimal.
#ifndef CUTPOINT_TESTS_VECTOR_LINES_H_
#define CUTPOINT_TESTS_VECTOR_LINES_H_

#include <fstream>
#include <string>
#include <vector>

#include "span.h"
#include "status.h"

namespace vectors {

using Buffer = std::vector<uint8_t>;
using Columns = std::vector<std::string>;

inline std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t to = text.find(at); to != std::string::npos; from = to + 1, to = text.find(at, from)) {
    parts.push_back(text.substr(from, to - from));
  }
  parts.push_back(text.substr(from));
  return parts;
}

// The columns of every line of one sort ("message", "bad", "order"), without the first.
inline std::vector<Columns> lines_of(const std::string& sort) {
  const std::string here = __FILE__;
  std::ifstream file(here.substr(0, here.rfind('/')) + "/../vectors/vectors.txt");
  std::vector<Columns> found;
  for (std::string line; std::getline(file, line);) {
    Columns columns = split(line, '\t');
    if (columns[0] == sort) {
      columns.erase(columns.begin());
      found.push_back(columns);
    }
  }
  return found;
}

inline Buffer bytes_of(const std::string& hex) {
  Buffer bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

inline std::string hex_of(cutpoint::Bytes bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string hex;
  for (const uint8_t byte : bytes) {
    hex += digits[byte >> 4];
    hex += digits[byte & 15];
  }
  return hex;
}

inline std::string reason_of(cutpoint::Status status) {
  static const char* const names[] = {
      "ok",        "pending", "truncated", "magic",     "version", "length",    "crc",      "kind",
      "flags",     "chunk",   "codec",     "encrypted", "oversized", "stale",   "duplicate", "trailing",
      "reserved",  "count",   "tensor",    "dtype",     "coded",   "number",    "buffer",   "argument",
      "plain",     "forged",  "replayed",  "old_life",  "role",    "any_life",  "cipher",   "exhausted",
      "tables",    "reference"};
  return names[static_cast<uint8_t>(status)];
}

}  // namespace vectors

#endif  // CUTPOINT_TESTS_VECTOR_LINES_H_
