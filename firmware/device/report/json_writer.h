// JSON into memory of a fixed size: one object, written front to back. Nothing is ever cut: what does not fit makes the
// whole text refused.
#ifndef CUTPOINT_DEVICE_REPORT_JSON_WRITER_H_
#define CUTPOINT_DEVICE_REPORT_JSON_WRITER_H_

#include <stddef.h>
#include <stdint.h>

#include "../sentence.h"

namespace cutpoint::device {

constexpr size_t kMaxJsonDepth = 8;

// Begins with the brace of the outermost object; finish() closes it. Names are plain ASCII and not escaped; texts are
// UTF-8, and bytes that are no UTF-8 become U+FFFD, so that a reader never meets a text that it cannot parse.
class JsonWriter {
 public:
  // `to` must live as long; a final zero is written too.
  explicit JsonWriter(Span<char> to);

  JsonWriter& text(const char* name, Text value);
  JsonWriter& text(const char* name, const char* value) { return text(name, text_of(value)); }
  JsonWriter& number(const char* name, uint32_t value);
  JsonWriter& number_signed(const char* name, int32_t value);
  JsonWriter& truth(const char* name, bool value);
  // Lower-case hexadecimal digits.
  JsonWriter& hex(const char* name, Bytes value);

  JsonWriter& object(const char* name);
  JsonWriter& array(const char* name);
  JsonWriter& element(Text value);       // of the array that is open
  JsonWriter& element(uint32_t value);
  JsonWriter& end();                     // of the object or array opened last

  // False when it did not fit, or what was opened is not closed; `written` is empty then.
  bool finish(Text& written);

 private:
  void put(char character);
  void put_text(const char* characters);
  void put_number(uint32_t value);
  void put_quoted(Text value);
  void separate();
  void name(const char* name);
  void open(const char* name_or_null, char bracket, char closing);

  Span<char> to_;
  size_t size_ = 0;
  size_t depth_ = 0;
  char closing_[kMaxJsonDepth] = {};
  bool empty_[kMaxJsonDepth] = {};
  bool failed_ = false;
};

// What a UTF-8 sequence at the front of `text` takes, 1 to 4; 0 when it is malformed (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF). `text` is not empty.
size_t utf8_sequence(Text text);

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_REPORT_JSON_WRITER_H_
