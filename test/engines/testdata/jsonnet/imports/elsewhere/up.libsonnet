{ text: 'up' }
