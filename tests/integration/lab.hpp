#pragma once

#include <string>

#include "support/docker_cli.hpp"

namespace healer::testing {

/// One Docker Engine with what every scene needs on it: the image that the containers run, and the mark by
/// which all that is made here is found and removed again, whatever happens.
class Lab {
 public:
  /// Sweeps what dead runs left, and makes the image. Throws when the engine does not answer, or when it
  /// holds opted-in containers that are not a test's: healer would touch them.
  explicit Lab(DockerCli docker, std::string network_namespace = {});
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  const DockerCli& docker() const { return docker_; }
  /// Of the engine and so of its published ports; empty: ours.
  const std::string& network_namespace() const { return network_namespace_; }
  /// sample-app and a shell, with sample-app as its entry point and port 8080 exposed.
  const std::string& image() const { return image_; }
  /// "healer.test=...": what every container and network made here carries.
  const std::string& mark() const { return mark_; }
  /// `base` with this instance's own number: no container of anybody is called so.
  std::string name(const std::string& base) const;
  /// A name for another image of this instance.
  std::string image_name(const std::string& base) const;
  /// Removes every container and network of this instance.
  void clear() const;

 private:
  void sweep() const;
  void refuse_strangers() const;
  void make_image() const;
  void remove_images(const std::string& tag) const;

  DockerCli docker_;
  std::string network_namespace_;
  std::string image_;
  std::string mark_;
};

/// Imports `root`, a folder laid out as a file system, with these Dockerfile instructions.
void import_image(const DockerCli& docker, const std::string& root, const std::string& name,
                  const std::vector<std::string>& instructions);

/// The engine that the environment names, made ready when first asked for and cleared at the process's end.
Lab& shared_lab();

}  // namespace healer::testing
