// A short text that says what was seen, what was expected and what to do: for the console, MQTT and Python.
#ifndef CUTPOINT_DEVICE_SENTENCE_H_
#define CUTPOINT_DEVICE_SENTENCE_H_

#include <stddef.h>
#include <stdint.h>

#include "../core/span.h"

namespace cutpoint::device {

using Text = Span<const char>;

constexpr size_t kSentenceBytes = 192;  // with the final zero

// The characters before the zero.
inline Text text_of(const char* characters) { return Text(characters, __builtin_strlen(characters)); }

inline bool same_text(Text a, Text b) {
  return a.size() == b.size() && (a.empty() || __builtin_memcmp(a.data(), b.data(), a.size()) == 0);
}

// Grows at its end; what does not fit is left off. Holds printable ASCII only: any other byte becomes '?', so that a
// sentence can be printed anywhere, whatever was quoted in it.
class Sentence {
 public:
  Sentence() { clear(); }
  explicit Sentence(const char* text) {
    clear();
    add(text);
  }

  const char* text() const { return text_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void clear() {
    size_ = 0;
    text_[0] = '\0';
  }

  Sentence& add(Text text) {
    for (const char character : text) {
      if (size_ + 1 < kSentenceBytes) {
        text_[size_] = character >= ' ' && character <= '~' ? character : '?';
        size_ += 1;
      }
    }
    text_[size_] = '\0';
    return *this;
  }
  Sentence& add(const char* text) { return add(text_of(text)); }
  Sentence& add(uint32_t number) {
    char digits[10];
    size_t count = 0;
    do {
      digits[sizeof digits - ++count] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return add(Text(digits + (sizeof digits - count), count));
  }

 private:
  size_t size_;
  char text_[kSentenceBytes];
};

}  // namespace cutpoint::device

#endif  // CUTPOINT_DEVICE_SENTENCE_H_
