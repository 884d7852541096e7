// Activations under calibrated codecs: settings stated, scratch shared, raw where tables do not fit, lines as they come.
#include "check.h"
#include "codec/delta/memory.h"
#include "frame/activation.h"
#include "frame/reassembler.h"
#include "tables_file.h"

using namespace cutpoint;
using namespace tables_file;

namespace {

using Buffer = std::vector<uint8_t>;

// Two tensors at cut 5: under setting 1 lowbit of 4 bits, under 2 rans of 4 bits; setting 3 is of another size.
struct Sample {
  Sample()
      : file(file_of({{5, CodecId::kLowbit, {{4, 4, 8, 16}, {4, 4, 8, 16, {7, 6, 5, 4, 3, 2, 1, 0}}}},
                      {5, CodecId::kRans, {{4, 4, 8, 16}, {4, 4, 8, 16}}},
                      {5, CodecId::kRans, {{4, 4, 9, 16}, {4, 4, 9, 16}}}})),
        first(128),
        second(128),
        scratch(kCodingScratchBytes) {
    CHECK_EQ(CodecTables::open(file.get(), kModel, tables), Status::kOk);
    for (size_t i = 0; i < first.size(); ++i) {
      first[i] = static_cast<uint8_t>(i * 37);
      second[i] = static_cast<uint8_t>(i * 91 + 5);
    }
    tensors[0] = TensorView{9, DType::kInt8, Bytes(first.data(), first.size()), 0};
    tensors[1] = TensorView{12, DType::kInt8, Bytes(second.data(), second.size()), 0};
    fields.sequence = 1;
    fields.cut = 5;
    fields.tensors = Span<const TensorView>(tensors);
  }

  void ask(CodecId codec, uint8_t setting) {
    fields.coding.codec = codec;
    fields.coding.setting = setting;
    fields.coding.tables = &tables;
    fields.coding.scratch = MutableBytes(scratch.data(), scratch.size());
  }

  // The payload, in one piece.
  Buffer written(size_t chunk_bytes = 4096) {
    ActivationWriter writer;
    Buffer payload;
    CHECK_EQ(writer.begin(fields, chunk_bytes), Status::kOk);
    while (!writer.done()) {
      Buffer buffer(chunk_bytes);
      Bytes frame;
      CHECK_EQ(writer.next_chunk(MutableBytes(buffer.data(), buffer.size()), frame), Status::kOk);
      payload.insert(payload.end(), frame.begin() + kHeaderBytes, frame.end());
    }
    return payload;
  }

  // The codecs that the tensors really used; every one undone is what its levels stand for.
  std::vector<CodecId> used() {
    const Buffer payload = written();
    Header header = {};
    header.kind = Kind::kActivation;
    header.sequence = 1;
    header.cut = 5;
    header.codec = fields.coding.codec;
    ActivationView view;
    CHECK_EQ(read_activation(header, Bytes(payload.data(), payload.size()), view), Status::kOk);
    CHECK_EQ(view.setting, fields.coding.setting);
    std::vector<CodecId> codecs;
    TensorRecord record = {};
    for (TensorCursor cursor(view.tensors, header.codec); cursor.next(record);) {
      const Buffer& raw = codecs.empty() ? first : second;
      Buffer back(record.raw_bytes);
      CHECK_EQ(back.size(), raw.size());
      if (record.codec == CodecId::kRaw) {
        back.assign(record.coded.begin(), record.coded.end());
        CHECK(back == raw);
      } else {
        CHECK_EQ(decode_tensor(tables, fields.coding.setting, codecs.size(), record.coded,
                               MutableBytes(back.data(), back.size())),
                 Status::kOk);
        for (size_t i = 0; i < raw.size(); ++i) {
          CHECK_EQ(back[i], raw[i] & 0xF0);
        }
      }
      codecs.push_back(record.codec);
    }
    return codecs;
  }

  File file;
  CodecTables tables;
  Buffer first;
  Buffer second;
  Buffer scratch;
  TensorView tensors[2] = {};
  ActivationFields fields = {};
};

using Codecs = std::vector<CodecId>;

}  // namespace

TEST(tensors_travel_as_their_setting_says) {
  Sample sample;
  sample.ask(CodecId::kLowbit, 1);
  CHECK(sample.used() == (Codecs{CodecId::kLowbit, CodecId::kLowbit}));
  sample.ask(CodecId::kRans, 2);
  CHECK(sample.used() == (Codecs{CodecId::kRans, CodecId::kRans}));
}

TEST(chunks_of_any_size_hold_the_same_payload) {
  for (const uint8_t setting : {1, 2}) {
    Sample sample;
    sample.ask(setting == 1 ? CodecId::kLowbit : CodecId::kRans, setting);
    const Buffer whole = sample.written();
    for (const size_t chunk_bytes : {64u, 65u, 67u, 97u, 128u}) {
      CHECK(sample.written(chunk_bytes) == whole);
    }
  }
}

TEST(what_has_no_tables_here_goes_raw_and_the_setting_is_stated) {
  const Codecs raw = {CodecId::kRaw, CodecId::kRaw};
  Sample sample;
  sample.ask(CodecId::kRans, 3);  // of other sizes
  CHECK(sample.used() == raw);
  sample.ask(CodecId::kRans, 4);  // not there
  CHECK(sample.used() == raw);
  sample.ask(CodecId::kRans, 1);  // of another codec
  CHECK(sample.used() == raw);
  sample.ask(CodecId::kRans, 2);
  sample.fields.coding.tables = nullptr;
  CHECK(sample.used() == raw);
  sample.ask(CodecId::kLowbit, 1);
  sample.tensors[0].dtype = DType::kUint8;  // the tables are of int8
  CHECK(sample.used() == (Codecs{CodecId::kRaw, CodecId::kLowbit}));
}

TEST(all_tensors_of_a_cut_share_the_scratch_and_what_does_not_fit_goes_raw) {
  Sample sample;
  sample.ask(CodecId::kRans, 2);
  // 2 of the mark, 4 of the state, and half of 128.
  for (const size_t room : {0u, 1u, 2u, 5u, 69u}) {
    sample.fields.coding.scratch = MutableBytes(sample.scratch.data(), room);
    CHECK(sample.used() == (Codecs{CodecId::kRaw, CodecId::kRaw}));
  }
  for (const size_t room : {71u, 130u}) {
    sample.fields.coding.scratch = MutableBytes(sample.scratch.data(), room);
    CHECK(sample.used() == (Codecs{CodecId::kRans, CodecId::kRaw}));
  }
  sample.fields.coding.scratch = MutableBytes(sample.scratch.data(), 142);
  CHECK(sample.used() == (Codecs{CodecId::kRans, CodecId::kRans}));
}

TEST(a_chunk_of_lowbit_is_ready_when_no_later_element_can_change_it) {
  for (const size_t chunk_bytes : {64u, 70u, 99u}) {
    Sample sample;
    sample.ask(CodecId::kLowbit, 1);
    for (size_t lines = 0; lines <= 8; ++lines) {
      // So many bytes of the first tensor are there, and of the second what comes behind.
      const size_t ready[2] = {lines < 4 ? lines * 32 : 128, lines < 4 ? 0 : (lines - 4) * 32};
      Sample later;
      later.ask(CodecId::kLowbit, 1);
      for (size_t i = ready[0]; i < later.first.size(); ++i) {
        later.first[i] ^= 0xFF;
      }
      for (size_t i = ready[1]; i < later.second.size(); ++i) {
        later.second[i] ^= 0xFF;
      }
      ActivationWriter now;
      ActivationWriter then;
      REQUIRE(now.begin(sample.fields, chunk_bytes) == Status::kOk);
      REQUIRE(then.begin(later.fields, chunk_bytes) == Status::kOk);
      size_t chunks = 0;
      while (now.next_is_ready(Span<const size_t>(ready))) {
        Buffer a(chunk_bytes);
        Buffer b(chunk_bytes);
        Bytes frame;
        REQUIRE(now.next_chunk(MutableBytes(a.data(), a.size()), frame) == Status::kOk);
        REQUIRE(then.next_chunk(MutableBytes(b.data(), b.size()), frame) == Status::kOk);
        CHECK(a == b);
        ++chunks;
      }
      CHECK(chunks < now.chunk_count());
      CHECK(lines != 8 || chunks + 1 == now.chunk_count());
      CHECK(lines != 0 || chunks == 0);
    }
  }
}
