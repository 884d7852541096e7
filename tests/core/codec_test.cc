// Tensors piece by piece: what the vectors cannot say about the encoder's pull and the sizes told beforehand.
#include "codec/codec.h"

#include "check.h"

using namespace cutpoint;

namespace {

using Buffer = std::vector<uint8_t>;

Bytes view(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }

// A tensor of `items` elements, two thirds of them the fill 7.
Buffer sparse(size_t items, size_t item) {
  Buffer data(items * item);
  for (size_t i = 0; i < items; ++i) {
    data[i * item] = 7;
    if (i % 3 == 0) {
      data[i * item + i % item] = static_cast<uint8_t>(i + 8);
    }
  }
  return data;
}

Buffer pulled(const CodedSize& size, const TensorView& tensor, size_t piece) {
  TensorEncoder encoder;
  encoder.begin(size, tensor);
  Buffer coded;
  Buffer buffer(piece);
  for (size_t count = 1; count != 0;) {
    count = encoder.pull(MutableBytes(buffer.data(), buffer.size()));
    coded.insert(coded.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return coded;
}

constexpr DType kDTypes[] = {DType::kInt8,  DType::kUint8,   DType::kInt16, DType::kInt32,
                             DType::kInt64, DType::kFloat32, DType::kBool};

}  // namespace

TEST(a_tensor_pulled_in_pieces_of_any_size_is_the_tensor_pulled_at_once) {
  for (const DType dtype : {DType::kInt8, DType::kInt16, DType::kInt32, DType::kInt64}) {
    for (const CodecId codec : {CodecId::kRaw, CodecId::kBitmap}) {
      const Buffer data = sparse(61, item_bytes(dtype));
      const TensorView tensor{1, dtype, view(data), 7};
      CodedSize size = {};
      REQUIRE(measure_tensor(codec, tensor, size) == Status::kOk);
      CHECK_EQ(size.codec, codec);
      const Buffer whole = pulled(size, tensor, data.size());
      CHECK_EQ(whole.size(), size.bytes);
      for (size_t piece = 1; piece < 40; ++piece) {
        CHECK(pulled(size, tensor, piece) == whole);
      }
    }
  }
}

TEST(every_dtype_comes_back_from_every_codec) {
  for (const DType dtype : kDTypes) {
    for (const CodecId codec : {CodecId::kRaw, CodecId::kBitmap}) {
      for (size_t items = 0; items < 40; ++items) {
        Buffer data = sparse(items, item_bytes(dtype));
        if (dtype == DType::kBool) {
          for (uint8_t& value : data) {
            value &= 1;
          }
        }
        const TensorView tensor{1, dtype, view(data), 7};
        CodedSize size = {};
        REQUIRE(measure_tensor(codec, tensor, size) == Status::kOk);
        CHECK(size.bytes <= data.size());
        const Buffer coded = pulled(size, tensor, 1000);
        Buffer raw(data.size());
        CHECK_EQ(decode_tensor(size.codec, dtype, view(coded), MutableBytes(raw.data(), raw.size())), Status::kOk);
        CHECK(raw == data);
      }
    }
  }
}

TEST(an_empty_tensor_takes_no_bytes) {
  CodedSize size = {};
  REQUIRE(measure_tensor(CodecId::kBitmap, TensorView{1, DType::kInt8, Bytes(), 0}, size) == Status::kOk);
  CHECK_EQ(size.codec, CodecId::kRaw);
  CHECK_EQ(size.bytes, 0u);
}

TEST(a_negative_fill_is_the_element_with_the_same_bits) {
  const Buffer data(32, 0x80);
  CodedSize size = {};
  REQUIRE(measure_tensor(CodecId::kBitmap, TensorView{1, DType::kInt8, view(data), -128}, size) == Status::kOk);
  CHECK_EQ(size.bytes, 1u + 4u);
}

TEST(what_cannot_be_coded_is_named) {
  const Buffer data(7);
  CodedSize size = {};
  CHECK_EQ(measure_tensor(CodecId::kRaw, TensorView{1, DType::kInt16, view(data), 0}, size), Status::kTensor);
  CHECK_EQ(measure_tensor(CodecId::kRaw, TensorView{1, DType{8}, view(data), 0}, size), Status::kDType);
  CHECK_EQ(measure_tensor(CodecId{7}, TensorView{1, DType::kInt8, view(data), 0}, size), Status::kCodec);
}

TEST(a_tensor_that_changes_while_it_is_coded_never_overruns) {
  Buffer data = sparse(64, 1);
  const TensorView tensor{1, DType::kInt8, view(data), 7};
  CodedSize size = {};
  REQUIRE(measure_tensor(CodecId::kBitmap, tensor, size) == Status::kOk);
  for (uint8_t& value : data) {
    value = 9;
  }
  CHECK_EQ(pulled(size, tensor, 5).size(), size.bytes);
  for (uint8_t& value : data) {
    value = 7;
  }
  CHECK(pulled(size, tensor, 5).size() < size.bytes);
}

TEST(sizes_that_cannot_belong_together_are_told_without_the_data) {
  CHECK_EQ(check_coded_size(CodecId::kBitmap, DType::kInt64, 0xFFFFFFF8u, 10), Status::kTensor);
  CHECK_EQ(check_coded_size(CodecId::kBitmap, DType::kInt64, 800, 8 + 13), Status::kOk);
  CHECK_EQ(check_coded_size(CodecId::kBitmap, DType::kInt64, 800, 8 + 13 + 800), Status::kOk);
  CHECK_EQ(check_coded_size(CodecId::kBitmap, DType::kInt64, 800, 8 + 13 + 801), Status::kTensor);
}

TEST(a_jpeg_travels_instead_of_its_tensor_when_it_is_smaller) {
  const Buffer pixels(96, 1);
  const Buffer file = sparse(61, 1);
  TensorView tensor{0, DType::kInt8, view(pixels), 1, view(file)};
  CodedSize size = {};
  REQUIRE(measure_tensor(CodecId::kJpeg, tensor, size) == Status::kOk);
  CHECK_EQ(size.codec, CodecId::kJpeg);
  CHECK(pulled(size, tensor, 7) == file);
  REQUIRE(measure_tensor(CodecId::kBitmap, tensor, size) == Status::kOk);
  CHECK_EQ(size.codec, CodecId::kBitmap);
  tensor.jpeg = view(pixels);
  REQUIRE(measure_tensor(CodecId::kJpeg, tensor, size) == Status::kOk);
  CHECK_EQ(size.codec, CodecId::kRaw);
  tensor.jpeg = Bytes();
  REQUIRE(measure_tensor(CodecId::kJpeg, tensor, size) == Status::kOk);
  CHECK_EQ(size.codec, CodecId::kRaw);
}

TEST(the_core_does_not_undo_a_jpeg) {
  Buffer raw(96);
  const Buffer file = sparse(61, 1);
  CHECK_EQ(check_coded_size(CodecId::kJpeg, DType::kInt8, 96, 61), Status::kOk);
  CHECK_EQ(check_coded_size(CodecId::kJpeg, DType::kInt8, 96, 96), Status::kTensor);
  CHECK_EQ(check_coded_size(CodecId::kJpeg, DType::kInt8, 96, 0), Status::kTensor);
  CHECK_EQ(decode_tensor(CodecId::kJpeg, DType::kInt8, view(file), MutableBytes(raw.data(), raw.size())), Status::kCodec);
}
