#include "json_writer.h"

namespace cutpoint::device {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

bool continuation(uint8_t byte) { return (byte & 0xC0u) == 0x80u; }

}  // namespace

size_t utf8_sequence(Text text) {
  const auto at = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = at(0);
  if (lead < 0x80) {
    return 1;
  }
  const size_t size = lead >= 0xC2 && lead <= 0xDF ? 2 : (lead & 0xF0u) == 0xE0u ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
  if (size == 0 || text.size() < size) {
    return 0;
  }
  for (size_t i = 1; i < size; ++i) {
    if (!continuation(at(i))) {
      return 0;
    }
  }
  const uint8_t second = at(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool beyond = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || beyond ? 0 : size;
}

JsonWriter::JsonWriter(Span<char> to) : to_(to) { open(nullptr, '{', '}'); }

void JsonWriter::put(char character) {
  if (size_ + 1 < to_.size()) {
    to_[size_++] = character;
  } else {
    failed_ = true;
  }
}

void JsonWriter::put_text(const char* characters) {
  for (; *characters != '\0'; ++characters) {
    put(*characters);
  }
}

void JsonWriter::put_number(uint32_t value) {
  char digits[10];
  size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count != 0) {
    put(digits[--count]);
  }
}

void JsonWriter::put_quoted(Text value) {
  put('"');
  while (!value.empty()) {
    const size_t size = utf8_sequence(value);
    const auto byte = static_cast<uint8_t>(value[0]);
    if (size == 0) {
      put_text("\xEF\xBF\xBD");
    } else if (byte == '"' || byte == '\\') {
      put('\\');
      put(value[0]);
    } else if (byte < 0x20) {
      put_text("\\u00");
      put(kHexDigits[byte >> 4]);
      put(kHexDigits[byte & 0x0Fu]);
    } else {
      for (size_t i = 0; i < size; ++i) {
        put(value[i]);
      }
    }
    value = value.from(size == 0 ? 1 : size);
  }
  put('"');
}

void JsonWriter::separate() {
  if (depth_ == 0) {
    failed_ = true;
    return;
  }
  if (!empty_[depth_ - 1]) {
    put(',');
  }
  empty_[depth_ - 1] = false;
}

void JsonWriter::name(const char* name) {
  separate();
  put('"');
  put_text(name);
  put_text("\":");
}

void JsonWriter::open(const char* name_or_null, char bracket, char closing) {
  if (name_or_null != nullptr) {
    name(name_or_null);
  }
  put(bracket);
  if (depth_ == kMaxJsonDepth) {
    failed_ = true;
    return;
  }
  closing_[depth_] = closing;
  empty_[depth_] = true;
  ++depth_;
}

JsonWriter& JsonWriter::text(const char* name, Text value) {
  this->name(name);
  put_quoted(value);
  return *this;
}

JsonWriter& JsonWriter::number(const char* name, uint32_t value) {
  this->name(name);
  put_number(value);
  return *this;
}

JsonWriter& JsonWriter::number_signed(const char* name, int32_t value) {
  this->name(name);
  if (value < 0) {
    put('-');
  }
  put_number(value < 0 ? 0u - static_cast<uint32_t>(value) : static_cast<uint32_t>(value));
  return *this;
}

JsonWriter& JsonWriter::truth(const char* name, bool value) {
  this->name(name);
  put_text(value ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::hex(const char* name, Bytes value) {
  this->name(name);
  put('"');
  for (const uint8_t byte : value) {
    put(kHexDigits[byte >> 4]);
    put(kHexDigits[byte & 0x0Fu]);
  }
  put('"');
  return *this;
}

JsonWriter& JsonWriter::object(const char* name) {
  open(name, '{', '}');
  return *this;
}

JsonWriter& JsonWriter::array(const char* name) {
  open(name, '[', ']');
  return *this;
}

JsonWriter& JsonWriter::element(Text value) {
  separate();
  put_quoted(value);
  return *this;
}

JsonWriter& JsonWriter::element(uint32_t value) {
  separate();
  put_number(value);
  return *this;
}

JsonWriter& JsonWriter::end() {
  if (depth_ <= 1) {
    failed_ = true;  // the outermost object is finish()'s
    return *this;
  }
  --depth_;
  put(closing_[depth_]);
  return *this;
}

bool JsonWriter::finish(Text& written) {
  if (depth_ == 1) {
    depth_ = 0;
    put('}');
  } else {
    failed_ = true;
  }
  if (!to_.empty()) {
    to_[failed_ ? 0 : size_] = '\0';
  }
  written = failed_ ? Text(to_.data(), 0) : Text(to_.data(), size_);
  return !failed_;
}

}  // namespace cutpoint::device
