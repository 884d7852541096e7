// Writing frames: bounds, buffers, and the encode time that a frame states of itself.
#include "frame/message.h"

#include "check.h"
#include "frame/reassembler.h"

using namespace cutpoint;

namespace {

using Buffer = std::vector<uint8_t>;

Bytes view(const Buffer& buffer) { return Bytes(buffer.data(), buffer.size()); }
MutableBytes writable(Buffer& buffer) { return MutableBytes(buffer.data(), buffer.size()); }

// Every look at the clock finds it 100 us later.
uint64_t slow_clock(void* context) { return *static_cast<uint64_t*>(context) += 100; }

struct Sample {
  Sample() : data(300, 7) {
    data[5] = 1;
    tensor = TensorView{9, DType::kInt8, view(data), 7};
    fields.sequence = 1;
    fields.cut = 2;
    fields.tensors = Span<const TensorView>(&tensor, 1);
    fields.operators_us = Span<const uint32_t>(operators);
  }

  Buffer data;
  uint32_t operators[2] = {10, 20};
  TensorView tensor = {};
  ActivationFields fields = {};
};

}  // namespace

TEST(a_header_is_readable_from_a_damaged_frame) {
  Sample sample;
  sample.fields.boot = 77;
  ActivationWriter writer;
  REQUIRE(writer.begin(sample.fields) == Status::kOk);
  Buffer buffer(kDefaultChunkBytes);
  Bytes frame;
  REQUIRE(writer.next_chunk(writable(buffer), frame) == Status::kOk);
  buffer[frame.size() - 1] ^= 1;
  Header header = {};
  Bytes payload;
  CHECK_EQ(open_frame(frame, header, payload), Status::kCrc);
  CHECK_EQ(peek_header(frame, header), Status::kOk);
  CHECK_EQ(header.boot, 77u);
  CHECK_EQ(peek_header(frame.first(31), header), Status::kTruncated);
}

TEST(a_frame_buffer_of_the_exact_size_is_enough_and_one_byte_less_is_not) {
  Sample sample;
  ActivationWriter writer;
  REQUIRE(writer.begin(sample.fields, 128) == Status::kOk);
  Bytes frame;
  Buffer small(writer.next_bytes() - 1);
  CHECK_EQ(writer.next_chunk(writable(small), frame), Status::kBufferTooSmall);
  Buffer exact(writer.next_bytes());
  CHECK_EQ(writer.next_chunk(writable(exact), frame), Status::kOk);
  CHECK_EQ(frame.size(), exact.size());
}

TEST(a_writer_that_is_done_gives_no_more_frames) {
  Sample sample;
  ActivationWriter writer;
  Buffer buffer(kDefaultChunkBytes);
  Bytes frame;
  CHECK_EQ(writer.next_chunk(writable(buffer), frame), Status::kArgument);
  REQUIRE(writer.begin(sample.fields) == Status::kOk);
  REQUIRE(writer.next_chunk(writable(buffer), frame) == Status::kOk);
  CHECK(writer.done());
  CHECK_EQ(writer.next_chunk(writable(buffer), frame), Status::kArgument);
}

TEST(the_size_of_the_whole_message_is_known_before_the_first_frame) {
  Sample sample;
  sample.fields.coding.codec = CodecId::kBitmap;
  sample.fields.flags = kFlagTimings;
  ActivationWriter writer;
  REQUIRE(writer.begin(sample.fields, 64) == Status::kOk);
  const size_t stated = writer.message_bytes();
  size_t sent = 0;
  Buffer buffer(64);
  while (!writer.done()) {
    Bytes frame;
    REQUIRE(writer.next_chunk(writable(buffer), frame) == Status::kOk);
    sent += frame.size();
  }
  CHECK_EQ(sent, stated);
}

TEST(the_encode_time_covers_measuring_and_every_chunk_of_tensor_data) {
  for (const size_t chunk_bytes : {size_t{64}, size_t{128}, size_t{4096}}) {
    Sample sample;
    sample.fields.flags = kFlagTimings;
    uint64_t now_us = 0;
    ActivationWriter writer;
    REQUIRE(writer.begin(sample.fields, chunk_bytes, &slow_clock, &now_us) == Status::kOk);
    std::vector<Buffer> frames;
    Buffer collected(1000);
    Reassembler chunks(writable(collected));
    Message message = {};
    Status status = Status::kPending;
    size_t with_tensor_data = 0;
    Buffer buffer(chunk_bytes);
    while (!writer.done()) {
      Bytes frame;
      const bool data_left = frames.size() * (chunk_bytes - kHeaderBytes) < 8 + 12 + 300;
      with_tensor_data += data_left ? 1 : 0;
      REQUIRE(writer.next_chunk(writable(buffer), frame) == Status::kOk);
      frames.emplace_back(frame.begin(), frame.end());
      status = chunks.push(frame, message);
    }
    REQUIRE(status == Status::kOk);
    ActivationView activation;
    REQUIRE(read_activation(message.header, message.payload, activation) == Status::kOk);
    CHECK_EQ(activation.encode_us, 100 * (1 + with_tensor_data));
    CHECK_EQ(activation.encode_us, writer.encode_us());
  }
}

TEST(without_a_clock_the_encode_time_is_what_the_caller_says) {
  Sample sample;
  sample.fields.flags = kFlagTimings;
  ActivationWriter writer;
  REQUIRE(writer.begin(sample.fields) == Status::kOk);
  writer.set_encode_us(42);
  Buffer buffer(kDefaultChunkBytes);
  Bytes frame;
  Bytes payload;
  Header header = {};
  ActivationView activation;
  REQUIRE(writer.next_chunk(writable(buffer), frame) == Status::kOk);
  REQUIRE(open_frame(frame, header, payload) == Status::kOk);
  REQUIRE(read_activation(header, payload, activation) == Status::kOk);
  CHECK_EQ(activation.encode_us, 42u);
}

TEST(a_tensor_that_changes_between_measuring_and_sending_is_an_error) {
  Sample sample;
  sample.fields.coding.codec = CodecId::kBitmap;
  ActivationWriter writer;
  REQUIRE(writer.begin(sample.fields) == Status::kOk);
  sample.data[5] = 7;
  Buffer buffer(kDefaultChunkBytes);
  Bytes frame;
  CHECK_EQ(writer.next_chunk(writable(buffer), frame), Status::kArgument);
}

TEST(what_the_wire_cannot_carry_is_refused_before_the_first_frame) {
  ActivationWriter writer;
  const auto begins = [&writer](void (*change)(Sample&), size_t chunk_bytes = kDefaultChunkBytes) {
    Sample sample;
    change(sample);
    return writer.begin(sample.fields, chunk_bytes);
  };
  CHECK_EQ(begins([](Sample&) {}), Status::kOk);
  CHECK_EQ(begins([](Sample& sample) { sample.fields.sequence = 0; }), Status::kArgument);
  CHECK_EQ(begins([](Sample& sample) { sample.fields.flags = 0x40; }), Status::kArgument);
  CHECK_EQ(begins([](Sample& sample) { sample.fields.flags = kFlagProbe; }), Status::kArgument);
  CHECK_EQ(begins([](Sample& sample) {
             sample.fields.flags = kFlagTimings;
             sample.fields.cut = 3;
           }),
           Status::kArgument);
  CHECK_EQ(begins([](Sample& sample) { sample.fields.coding.codec = CodecId{7}; }), Status::kCodec);
  CHECK_EQ(begins([](Sample& sample) { sample.tensor.dtype = DType{0}; }), Status::kDType);
  CHECK_EQ(begins([](Sample&) {}, kMinChunkBytes - 1), Status::kArgument);
  const std::vector<TensorView> many(17);
  Sample sample;
  sample.fields.tensors = Span<const TensorView>(many.data(), many.size());
  CHECK_EQ(writer.begin(sample.fields), Status::kArgument);
}

TEST(a_message_of_more_than_1024_chunks_is_refused) {
  Header header = {};
  header.kind = Kind::kActivation;
  Chunker chunker;
  CHECK_EQ(chunker.begin(header, 1024 * 32, 64), Status::kOk);
  CHECK_EQ(chunker.begin(header, 1024 * 32 + 1, 64), Status::kOversized);
}

TEST(a_score_that_is_no_number_is_not_written) {
  Buffer buffer(64);
  ByteWriter writer(writable(buffer));
  const float nan = float_of_bits(0x7FC00000u);
  CHECK_EQ(write_class_record(ClassRecord{1, nan}, writer), Status::kNumber);
  CHECK_EQ(write_centroid_record(CentroidRecord{1, 2, 3, 4, 5, nan}, writer), Status::kNumber);
  CHECK_EQ(writer.size(), 0u);
}

TEST(writers_stop_at_the_end_of_their_buffer) {
  const uint8_t argument[8] = {};
  for (size_t size = 0; size < 12; ++size) {
    Buffer buffer(size);
    ByteWriter writer(writable(buffer));
    CHECK_EQ(write_command(CommandView{1, Bytes(argument)}, writer), Status::kBufferTooSmall);
  }
}

TEST(models_on_offer_go_with_an_unknown_model_alone_and_at_most_64_of_them) {
  Buffer buffer(kResultHeadBytes);
  for (uint8_t status = 0; status <= static_cast<uint8_t>(ResultStatus::kFailed); ++status) {
    ByteWriter writer(writable(buffer));
    const ResultStatus one = static_cast<ResultStatus>(status);
    const Status wanted = one == ResultStatus::kUnknownModel ? Status::kOk : Status::kArgument;
    CHECK_EQ(write_result_head(one, AnswerKind::kModels, kMaxOfferedModels, 0, writer), wanted);
  }
  ByteWriter writer(writable(buffer));
  const ResultStatus unknown = ResultStatus::kUnknownModel;
  CHECK_EQ(write_result_head(unknown, AnswerKind::kModels, kMaxOfferedModels + 1, 0, writer), Status::kArgument);
  CHECK_EQ(write_result_head(unknown, AnswerKind::kClasses, 0, 0, writer), Status::kArgument);
}

// The vectors carry flags and statuses as numbers: only names can tell that two have been exchanged.
TEST(flags_statuses_and_commands_have_the_numbers_of_the_page) {
  const int flags[] = {kFlagEncrypted, kFlagHedged, kFlagTimings, kFlagAnswered, kFlagProbe, kFlagExploration};
  for (size_t i = 0; i < 6; ++i) {
    CHECK_EQ(flags[i], 1 << i);
  }
  const ResultStatus statuses[] = {ResultStatus::kOk,         ResultStatus::kBadFrame, ResultStatus::kUnknownModel,
                                   ResultStatus::kWrongCut,   ResultStatus::kOverloaded, ResultStatus::kTooLate,
                                   ResultStatus::kFailed};
  for (size_t i = 0; i < 7; ++i) {
    CHECK_EQ(static_cast<size_t>(statuses[i]), i);
  }
  const CommandId commands[] = {CommandId::kProfile, CommandId::kIdentify, CommandId::kRestart, CommandId::kNewModel,
                                CommandId::kNewFirmware};
  for (size_t i = 0; i < 5; ++i) {
    CHECK_EQ(static_cast<size_t>(commands[i]), i + 1);
  }
}

TEST(newer_is_told_by_less_than_half_the_circle) {
  CHECK(serial_newer(1, 0));
  CHECK(serial_newer(0, UINT32_MAX));
  CHECK(serial_newer(0x7FFFFFFFu, 0));
  CHECK(!serial_newer(0x80000000u, 0));
  CHECK(!serial_newer(0, 0x80000000u));
  CHECK(!serial_newer(0x80000001u, 0));
  CHECK(!serial_newer(5, 5));
}

TEST(a_setting_comes_with_a_calibrated_codec_and_the_other_way_round) {
  ActivationWriter writer;
  const auto begins = [&writer](CodecId codec, uint8_t setting) {
    Sample sample;
    sample.fields.coding.codec = codec;
    sample.fields.coding.setting = setting;
    return writer.begin(sample.fields);
  };
  CHECK_EQ(begins(CodecId::kRaw, 1), Status::kArgument);
  CHECK_EQ(begins(CodecId::kJpeg, 1), Status::kArgument);
  CHECK_EQ(begins(CodecId::kLowbit, 0), Status::kArgument);
  CHECK_EQ(begins(CodecId::kRans, 1), Status::kOk);
}
