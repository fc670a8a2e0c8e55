// Tests of reading the answer to Prometheus' instant query.
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "alert/prometheus_answer.hpp"

using namespace healer;

namespace {

std::string vector_of(const std::string& series) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + series + "]}}";
}

std::string refusal(const std::string& body) {
  const auto read = read_prometheus_answer(body);
  return read ? "accepted" : read.error().message;
}

}  // namespace

TEST_CASE("answer: series with their labels and values are read") {
  const auto read = read_prometheus_answer(
      vector_of(R"({"metric":{"container":"web","code":"500"},"value":[1435781451.781,"0.125"]},)"
                R"({"metric":{},"value":[1,"+Inf"]},{"metric":{},"value":[1,"-Inf"]},)"
                R"({"metric":{"a":"b"},"value":[1,"1e-3"]})"));
  REQUIRE(read);
  REQUIRE(read->all.size() == 4);
  CHECK(read->all[0].labels.at("container") == "web");
  CHECK(read->all[0].value == 0.125);
  CHECK(std::isinf(read->all[1].value));
  CHECK(read->all[2].value < 0);
  CHECK(read->all[3].value == 0.001);
  CHECK(read->not_numbers == 0);
}

TEST_CASE("answer: neither NaN nor a histogram is a sample") {
  const auto read = read_prometheus_answer(
      vector_of(R"({"metric":{},"value":[1,"NaN"]},{"metric":{},"histogram":[1,{"count":"1"}]})"));
  REQUIRE(read);
  CHECK(read->all.empty());
  CHECK(read->not_numbers == 1);
  const auto none = read_prometheus_answer(vector_of(""));
  REQUIRE(none);
  CHECK(none->all.empty());
  CHECK(none->not_numbers == 0);
}

TEST_CASE("answer: a scalar is one sample") {
  const auto read =
      read_prometheus_answer(R"({"status":"success","data":{"resultType":"scalar","result":[1,"7"]}})");
  REQUIRE(read);
  REQUIRE(read->all.size() == 1);
  CHECK(read->all[0].value == 7);
  CHECK(read->all[0].labels.empty());
}

TEST_CASE("answer: an answer without samples gives the reason") {
  CHECK(refusal(R"({"status":"error","errorType":"bad_data","error":"parse error: token=hunter2hunter2"})") ==
        "Prometheus says: parse error: token=<redacted>");
  CHECK(refusal("<html>") == "the answer is none of Prometheus's API");
  CHECK(refusal("") == "the answer is none of Prometheus's API");
  CHECK(refusal("[]") == "the answer is none of Prometheus's API");
  CHECK(refusal(R"({"status":"success"})") == "the answer is none of Prometheus's API");
  CHECK(refusal(R"({"status":"success","data":{"resultType":"matrix","result":[]}})") ==
        "the answer is a matrix; accepted: a vector or a scalar");
  CHECK(refusal(vector_of("1")) == "a series of the answer has no labels");
  CHECK(refusal(vector_of(R"({"metric":{}})")) == "a series of the answer has no value");
  CHECK(refusal(vector_of(R"({"metric":{},"value":[1,2]})")) == "a series of the answer has no value");
  CHECK(refusal(vector_of(R"({"metric":{},"value":[1,"x"]})")) == "a series of the answer has no value");
  std::string many = R"({"metric":{},"value":[1,"1"]})";
  for (std::size_t i = 0; i < most_samples; ++i) many += R"(,{"metric":{},"value":[1,"1"]})";
  CHECK(refusal(vector_of(many)) == "the answer has 10001 series; accepted: 10000 at most");
  CHECK(refusal(std::string(100'000, '[')) == "the answer is none of Prometheus's API");
}
