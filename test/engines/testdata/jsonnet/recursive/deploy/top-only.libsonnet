{ name: 'from-the-folder-of-the-application' }
