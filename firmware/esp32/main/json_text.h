// JSON of one object, written into memory of a fixed size. Devices write JSON and never parse it.
#ifndef CUTPOINT_ESP32_JSON_TEXT_H_
#define CUTPOINT_ESP32_JSON_TEXT_H_

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/span.h"

namespace cutpoint::esp32 {

// kBytes with the final zero. A field that does not fit is left off whole, so that the text stays JSON.
template <size_t kBytes>
class JsonText {
 public:
  JsonText() { end(); }

  JsonText& text(const char* name, const char* value) {
    const size_t before = open(name);
    put('"');
    for (; *value != '\0'; ++value) {
      const char character = *value;
      if (character == '"' || character == '\\') {
        put('\\');
      }
      put(character < ' ' ? ' ' : character);
    }
    put('"');
    return close(before);
  }

  JsonText& number(const char* name, uint32_t value) {
    char digits[12];
    snprintf(digits, sizeof digits, "%lu", static_cast<unsigned long>(value));
    return raw(name, digits);
  }

  JsonText& truth(const char* name, bool value) { return raw(name, value ? "true" : "false"); }

  // `value` is JSON already.
  JsonText& raw(const char* name, const char* value) {
    const size_t before = open(name);
    add(value);
    return close(before);
  }

  const char* c_str() const { return text_; }
  Bytes bytes() const { return Bytes(reinterpret_cast<const uint8_t*>(text_), size_); }

 private:
  // Over the closing brace of what stands there.
  size_t open(const char* name) {
    const size_t before = size_;
    size_ = size_ - 1;
    overrun_ = false;
    add(size_ == 1 ? "\"" : ",\"");
    add(name);
    add("\":");
    return before;
  }

  JsonText& close(size_t before) {
    if (overrun_) {
      size_ = before - 1;
    }
    end_at(size_);
    return *this;
  }

  void add(const char* text) {
    for (; *text != '\0'; ++text) {
      put(*text);
    }
  }

  void put(char character) {
    if (size_ + 2 < kBytes) {
      text_[size_++] = character;
    } else {
      overrun_ = true;
    }
  }

  void end() {
    text_[0] = '{';
    end_at(1);
  }

  void end_at(size_t at) {
    text_[at] = '}';
    text_[at + 1] = '\0';
    size_ = at + 1;
  }

  char text_[kBytes];
  size_t size_ = 0;
  bool overrun_ = false;
};

}  // namespace cutpoint::esp32

#endif  // CUTPOINT_ESP32_JSON_TEXT_H_
