// A pointer and a count that travel together. Stands in for std::span, which bare-metal compilers lack.
#ifndef CUTPOINT_SPAN_H_
#define CUTPOINT_SPAN_H_

#include <stddef.h>
#include <stdint.h>

namespace cutpoint {

// Does not own; the caller keeps the memory alive. Ranges are the caller's promise: nothing is checked here, so
// every offset that comes from the wire is compared with size() first.
template <typename T>
class Span {
 public:
  constexpr Span() : data_(nullptr), size_(0) {}
  constexpr Span(T* data, size_t size) : data_(data), size_(size) {}
  template <size_t N>
  constexpr Span(T (&array)[N]) : data_(array), size_(N) {}  // NOLINT: implicit on purpose

  // A writable span is accepted wherever a read-only one is asked for.
  constexpr operator Span<const T>() const { return Span<const T>(data_, size_); }  // NOLINT

  constexpr T* data() const { return data_; }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr T& operator[](size_t i) const { return data_[i]; }
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + size_; }

  constexpr Span first(size_t count) const { return Span(data_, count); }
  constexpr Span from(size_t offset) const { return Span(data_ + offset, size_ - offset); }
  constexpr Span slice(size_t offset, size_t count) const { return Span(data_ + offset, count); }

 private:
  T* data_;
  size_t size_;
};

using Bytes = Span<const uint8_t>;
using MutableBytes = Span<uint8_t>;

}  // namespace cutpoint

#endif  // CUTPOINT_SPAN_H_
