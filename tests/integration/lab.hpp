#pragma once

#include <string>

#include "support/docker_cli.hpp"

namespace healer::testing {

/// One Docker Engine with everything that a scene needs: the image of the containers, and the mark by which
/// everything that the tests make is found and removed.
class Lab {
 public:
  /// Removes what dead test processes left and makes the image. Throws when the engine does not answer, or
  /// when it runs opted-in containers of others: healer would restart them.
  explicit Lab(DockerCli docker, std::string network_namespace = {});
  ~Lab();
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  const DockerCli& docker() const { return docker_; }
  /// The network namespace of the engine and of its published ports; empty: this process's own.
  const std::string& network_namespace() const { return network_namespace_; }
  /// sample-app with a shell; sample-app is the entry point, and port 8080 is exposed.
  const std::string& image() const { return image_; }
  /// "healer.test=...": the label of every container and network made here.
  const std::string& mark() const { return mark_; }
  /// `base` with this process's number, so that the name is unique.
  std::string name(const std::string& base) const;
  /// A name for another image of this process.
  std::string image_name(const std::string& base) const;
  /// Removes every container and network of this process.
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

/// The engine that the environment names; prepared at the first call, cleared at the end of the process.
Lab& shared_lab();

}  // namespace healer::testing
