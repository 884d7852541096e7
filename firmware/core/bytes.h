// Little-endian integers in byte buffers, read and written without alignment and without overrunning.
#ifndef CUTPOINT_BYTES_H_
#define CUTPOINT_BYTES_H_

#include <stddef.h>
#include <stdint.h>

#include "span.h"
#include "status.h"

namespace cutpoint {

// The compiler's built-ins rather than <string.h>: rv32 toolchains ship that header apart from the compiler.
// A null pointer with a count of 0 is allowed, unlike in memcpy.
inline void copy_bytes(uint8_t* to, const uint8_t* from, size_t count) {
  if (count != 0) {
    __builtin_memcpy(to, from, count);
  }
}

// The ranges may overlap.
inline void move_bytes(uint8_t* to, const uint8_t* from, size_t count) {
  if (count != 0) {
    __builtin_memmove(to, from, count);
  }
}

inline void fill_bytes(uint8_t* to, uint8_t value, size_t count) {
  if (count != 0) {
    __builtin_memset(to, value, count);
  }
}

inline bool equal_bytes(const uint8_t* a, const uint8_t* b, size_t count) {
  return count == 0 || __builtin_memcmp(a, b, count) == 0;
}

inline uint16_t load_u16(const uint8_t* p) {
  return static_cast<uint16_t>(static_cast<uint32_t>(p[0]) | (static_cast<uint32_t>(p[1]) << 8));
}

inline uint32_t load_u32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) | (static_cast<uint32_t>(p[1]) << 8) |
         (static_cast<uint32_t>(p[2]) << 16) | (static_cast<uint32_t>(p[3]) << 24);
}

inline void store_u16(uint8_t* p, uint16_t value) {
  p[0] = static_cast<uint8_t>(value & 0xFFu);
  p[1] = static_cast<uint8_t>(value >> 8);
}

inline void store_u32(uint8_t* p, uint32_t value) {
  p[0] = static_cast<uint8_t>(value & 0xFFu);
  p[1] = static_cast<uint8_t>((value >> 8) & 0xFFu);
  p[2] = static_cast<uint8_t>((value >> 16) & 0xFFu);
  p[3] = static_cast<uint8_t>(value >> 24);
}

// IEEE 754 single by its bits; exact on every target that the project knows.
inline float float_of_bits(uint32_t bits) {
  static_assert(sizeof(float) == sizeof(uint32_t), "f32 on the wire is the target's float");
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

inline uint32_t bits_of_float(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return bits;
}

// True for every f32 that is neither infinite nor NaN, told from the bits so that -ffast-math cannot undo it.
inline bool finite_bits(uint32_t bits) { return (bits & 0x7F800000u) != 0x7F800000u; }

// Reads fields from the front of a buffer; every read past the end is kTruncated and moves nothing.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes), at_(0) {}

  size_t remaining() const { return bytes_.size() - at_; }
  Bytes rest() const { return bytes_.from(at_); }
  // kTrailing unless everything has been read.
  Status finished() const { return remaining() == 0 ? Status::kOk : Status::kTrailing; }

  Status u8(uint8_t& value) {
    if (remaining() < 1) {
      return Status::kTruncated;
    }
    value = bytes_[at_];
    at_ += 1;
    return Status::kOk;
  }

  Status u16(uint16_t& value) {
    if (remaining() < 2) {
      return Status::kTruncated;
    }
    value = load_u16(bytes_.data() + at_);
    at_ += 2;
    return Status::kOk;
  }

  Status u32(uint32_t& value) {
    if (remaining() < 4) {
      return Status::kTruncated;
    }
    value = load_u32(bytes_.data() + at_);
    at_ += 4;
    return Status::kOk;
  }

  // The result points into the buffer.
  Status take(size_t count, Bytes& taken) {
    if (remaining() < count) {
      return Status::kTruncated;
    }
    taken = bytes_.slice(at_, count);
    at_ += count;
    return Status::kOk;
  }

 private:
  Bytes bytes_;
  size_t at_;
};

// Appends fields to a caller's buffer; what does not fit is kBufferTooSmall and writes nothing.
class ByteWriter {
 public:
  explicit ByteWriter(MutableBytes bytes) : bytes_(bytes), at_(0) {}

  size_t size() const { return at_; }
  Bytes written() const { return bytes_.first(at_); }

  Status u8(uint8_t value) {
    CUTPOINT_TRY(room(1));
    bytes_[at_] = value;
    at_ += 1;
    return Status::kOk;
  }

  Status u16(uint16_t value) {
    CUTPOINT_TRY(room(2));
    store_u16(bytes_.data() + at_, value);
    at_ += 2;
    return Status::kOk;
  }

  Status u32(uint32_t value) {
    CUTPOINT_TRY(room(4));
    store_u32(bytes_.data() + at_, value);
    at_ += 4;
    return Status::kOk;
  }

  Status put(Bytes bytes) {
    CUTPOINT_TRY(room(bytes.size()));
    copy_bytes(bytes_.data() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
    return Status::kOk;
  }

 private:
  Status room(size_t count) const {
    return bytes_.size() - at_ < count ? Status::kBufferTooSmall : Status::kOk;
  }

  MutableBytes bytes_;
  size_t at_;
};

}  // namespace cutpoint

#endif  // CUTPOINT_BYTES_H_
